-- Sessions of known customers on the web and in the app.
SELECT
  s.sesión AS id,
  s.inicio AS at,
  s.cliente AS customer,
  'tienda' AS customer_source,
  'online_visit' AS touchpoint,
  CASE s.medio WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' ELSE s.medio END AS channel,
  s.pedido AS journey,
  s.facilidad AS web_ease
FROM sesiones AS s
