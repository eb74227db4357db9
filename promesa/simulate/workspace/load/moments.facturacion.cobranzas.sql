-- Payment reminders sent by collections.
SELECT
  'aviso-' || c.aviso AS id,
  CAST(c.fecha AS TIMESTAMP) + INTERVAL 10 HOUR AS at,
  c.cliente AS customer,
  'tienda' AS customer_source,
  'collection_notice' AS touchpoint,
  CASE c.medio WHEN 'Teléfono' THEN 'phone' ELSE 'email' END AS channel,
  c.pedido AS journey
FROM cobranzas AS c
