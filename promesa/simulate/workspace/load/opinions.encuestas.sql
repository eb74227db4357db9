-- Survey invitations and answers, one row a question asked; without an answer, score and text are null.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
),
preguntas(concept, encuesta) AS (
  VALUES ('expectation', 'Expectativa'), ('ces', 'Facilidad'), ('service_score', 'Entrega'), ('service_score', 'Contacto'),
    ('csat', 'Compra'), ('nps', 'Compra'), ('emotion', 'Emoción'), ('memory', 'Recuerdo')
)
SELECT
  i.invitación || '-' || q.concept AS id,
  coalesce(r.respondida, i.enviada) AS at,
  i.cliente AS customer,
  'tienda' AS customer_source,
  q.concept AS concept,
  CASE q.concept WHEN 'expectation' THEN r.expectativa WHEN 'ces' THEN r.facilidad WHEN 'nps' THEN r.recomendación
    WHEN 'emotion' THEN r.emoción WHEN 'memory' THEN r.recuerdo ELSE r.satisfacción END AS score,
  CASE WHEN q.concept IN ('csat', 'service_score') THEN r.comentario END AS text,
  'es' AS language,
  CASE i.punto WHEN 'Entrega' THEN 'delivery' WHEN 'Recogida' THEN 'pickup' WHEN 'Teléfono' THEN 'phone_support'
    WHEN 'WhatsApp' THEN 'whatsapp_support'
    WHEN 'Caja' THEN CASE WHEN p.canal = 'Tienda' THEN 'store_checkout' ELSE 'online_checkout' END END AS touchpoint,
  CASE i.punto WHEN 'Entrega' THEN 'home' WHEN 'Recogida' THEN 'store' WHEN 'Teléfono' THEN 'phone'
    WHEN 'WhatsApp' THEN 'whatsapp' ELSE CASE p.canal WHEN 'Tienda' THEN 'store' WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone'
    ELSE p.canal END END AS channel,
  i.pedido AS journey,
  'customer' AS audience,
  'Casa Lumbre' AS brand,
  i.enviada AS asked_at,
  i.encuesta AS survey
FROM invitaciones AS i
JOIN preguntas AS q ON q.encuesta = i.encuesta
LEFT JOIN respuestas AS r ON r.invitación = i.invitación
LEFT JOIN pedidos AS p ON p.pedido = i.pedido
