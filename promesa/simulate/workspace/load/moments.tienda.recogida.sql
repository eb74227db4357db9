-- Pick-up in the shop: promised two hours after the order; until it is ready it is an open commitment.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'recogida-' || p.pedido AS id,
  coalesce(p.listo_recogida, p.fecha_hora) AS at,
  p.cliente AS customer,
  'pickup' AS touchpoint,
  'store' AS channel,
  p.pedido AS journey,
  p.fecha_hora AS promised_at,
  p.fecha_hora + INTERVAL 2 HOUR AS promised,
  p.listo_recogida AS delivered,
  date_diff('second', p.fecha_hora, p.listo_recogida) / 3600.0 AS pickup_hours
FROM pedidos AS p
WHERE p.estado <> 'Cancelado' AND p.tipo_entrega = 'Recogida en tienda'
