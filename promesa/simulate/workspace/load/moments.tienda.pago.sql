-- Payments.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'pago-' || p.pedido AS id,
  p.fecha_hora AS at,
  p.cliente AS customer,
  'payment' AS touchpoint,
  CASE p.canal WHEN 'Tienda' THEN 'store' WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone'
    ELSE p.canal END AS channel,
  p.pedido AS journey,
  p.intentos_pago AS payment_attempts
FROM pedidos AS p
WHERE p.estado <> 'Cancelado'
