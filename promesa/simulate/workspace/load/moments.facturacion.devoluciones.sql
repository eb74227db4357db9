-- Refunds: promised ten days after the goods came back; until then an open commitment.
SELECT
  'devolucion-' || d.devolución AS id,
  CAST(coalesce(d.fecha_reembolso, d.fecha_recepción) AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  d.cliente AS customer,
  'tienda' AS customer_source,
  'refund' AS touchpoint,
  'email' AS channel,
  d.pedido AS journey,
  CAST(d.fecha_recepción AS TIMESTAMP) + INTERVAL 12 HOUR AS promised_at,
  CAST(d.fecha_recepción AS TIMESTAMP) + INTERVAL 10 DAY + INTERVAL 12 HOUR AS promised,
  CAST(d.fecha_reembolso AS TIMESTAMP) + INTERVAL 12 HOUR AS delivered,
  date_diff('day', d.fecha_recepción, d.fecha_reembolso) AS refund_days
FROM devoluciones AS d
