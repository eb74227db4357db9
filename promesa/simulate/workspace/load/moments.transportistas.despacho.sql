-- Parcels that left the depot.
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'despacho-' || e.guía AS id,
  e.salida AS at,
  p.cliente AS customer,
  'tienda' AS customer_source,
  'dispatch' AS touchpoint,
  'email' AS channel,
  e.pedido AS journey,
  e.depósito AS branch,
  e.transportista AS supplier
FROM entregas AS e JOIN pedidos AS p ON p.pedido = e.pedido
WHERE e.salida IS NOT NULL
