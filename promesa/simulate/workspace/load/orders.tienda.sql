-- One row an order, in pesos: what was sold and what the goods cost. Freight charged is not income here.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
),
costos AS (
  SELECT l.pedido, sum(l.cantidad * a.costo) AS costo, sum(l.cantidad) AS cantidad, min_by(l.producto, l.línea) AS producto
  FROM lineas AS l JOIN productos AS a ON a.producto = l.producto
  GROUP BY l.pedido
)
SELECT
  p.pedido AS id,
  p.fecha_hora AS at,
  p.cliente AS customer,
  p.pedido AS journey,
  c.producto AS product,
  CASE p.canal WHEN 'Tienda' THEN 'store' WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone'
    ELSE p.canal END AS channel,
  p.total * p.tasa AS revenue,
  c.costo AS cost,
  c.cantidad AS quantity
FROM pedidos AS p LEFT JOIN costos AS c ON c.pedido = p.pedido
WHERE p.estado <> 'Cancelado'
