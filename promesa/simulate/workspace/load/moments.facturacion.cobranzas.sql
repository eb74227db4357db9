-- Payment reminders sent by collections, at ten in the morning where the customer lives.
WITH en_espana AS (
  SELECT DISTINCT pedido FROM pedidos_espana
)
SELECT
  'aviso-' || c.aviso AS id,
  timezone(
    CASE WHEN e.pedido IS NULL THEN 'America/Bogota' ELSE 'Europe/Madrid' END,
    CAST(c.fecha AS TIMESTAMP) + INTERVAL 10 HOUR
  ) AS at,
  c.cliente AS customer,
  'tienda' AS customer_source,
  'collection_notice' AS touchpoint,
  CASE c.medio WHEN 'Teléfono' THEN 'phone' ELSE 'email' END AS channel,
  c.pedido AS journey
FROM cobranzas AS c
LEFT JOIN en_espana AS e ON e.pedido = c.pedido
