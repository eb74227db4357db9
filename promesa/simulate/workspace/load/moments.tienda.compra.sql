-- Purchases at the till and at a distance. An order without a carrier pays no freight.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'compra-' || p.pedido AS id,
  p.fecha_hora AS at,
  p.cliente AS customer,
  CASE WHEN p.canal = 'Tienda' THEN 'store_checkout' ELSE 'online_checkout' END AS touchpoint,
  CASE p.canal WHEN 'Tienda' THEN 'store' WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone'
    ELSE p.canal END AS channel,
  p.pedido AS journey,
  CASE WHEN p.en_existencia THEN 1 ELSE 0 END AS in_stock,
  CASE WHEN p.tipo_entrega = 'Domicilio' THEN p.flete / p.total END AS freight_share
FROM pedidos AS p
WHERE p.estado <> 'Cancelado'
