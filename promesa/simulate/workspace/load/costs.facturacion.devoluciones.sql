-- What goods sent back cost the company, beyond what they can be sold for again.
SELECT
  d.devolución AS id,
  CAST(d.fecha_recepción AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  d.cliente AS customer,
  'tienda' AS customer_source,
  'refund' AS touchpoint,
  'billing' AS function,
  d.pedido AS journey,
  d.costo_neto AS amount
FROM devoluciones AS d
