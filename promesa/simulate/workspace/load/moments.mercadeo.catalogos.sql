-- Paper catalogues sent by post, as long as there was one.
SELECT
  c.envío AS id,
  CAST(c.fecha AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  c.cliente AS customer,
  'tienda' AS customer_source,
  'paper_catalogue' AS touchpoint,
  'mail' AS channel
FROM catalogos AS c
