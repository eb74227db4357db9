-- Contacts with the call centre. Its own keys are used only where neither the order nor the shop's key is known.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  c.contacto AS id,
  c.inicio AS at,
  coalesce(p.cliente, c.cliente_tienda, c.cliente) AS customer,
  CASE WHEN coalesce(p.cliente, c.cliente_tienda) IS NULL THEN 'callcenter' ELSE 'tienda' END AS customer_source,
  CASE c.canal WHEN 'Teléfono' THEN 'phone_support' WHEN 'WhatsApp' THEN 'whatsapp_support' ELSE c.canal END AS touchpoint,
  CASE c.canal WHEN 'Teléfono' THEN 'phone' WHEN 'WhatsApp' THEN 'whatsapp' ELSE c.canal END AS channel,
  c.pedido AS journey,
  c.agente AS employee,
  c.espera_segundos / 60.0 AS wait_minutes,
  CASE WHEN c.resuelto_primer_contacto THEN 1 ELSE 0 END AS resolved_first
FROM contactos AS c LEFT JOIN pedidos AS p ON p.pedido = c.pedido
