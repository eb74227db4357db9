-- The panel: one row a question about a moment, or about the journey as a whole.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'panel-' || q.pregunta AS id,
  coalesce(q.respondida, q.preguntada) AS at,
  q.cliente AS customer,
  'tienda' AS customer_source,
  CASE q.tema WHEN 'Momento' THEN 'moment' ELSE 'journey_memory' END AS concept,
  q.nota AS score,
  CASE q.punto WHEN 'Web o app' THEN 'online_visit' WHEN 'Asesoría' THEN 'advice' WHEN 'Pago' THEN 'payment'
    WHEN 'Caja' THEN CASE WHEN p.canal = 'Tienda' THEN 'store_checkout' ELSE 'online_checkout' END
    WHEN 'Entrega' THEN 'delivery' WHEN 'Recogida' THEN 'pickup' WHEN 'Teléfono' THEN 'phone_support'
    WHEN 'WhatsApp' THEN 'whatsapp_support' WHEN 'Reembolso' THEN 'refund' END AS touchpoint,
  q.pedido AS journey,
  'customer' AS audience,
  'Casa Lumbre' AS brand,
  q.preguntada AS asked_at,
  'Panel' AS survey
FROM panel AS q
LEFT JOIN pedidos AS p ON p.pedido = q.pedido
