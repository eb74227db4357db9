-- Home deliveries: the promised day comes from the shop, the time of delivery from the carrier. Without one, the
-- delivery is an open commitment (on its way, lost, or cancelled with its order).
WITH versiones AS (
  SELECT * FROM pedidos_colombia UNION ALL BY NAME SELECT * FROM pedidos_espana
),
pedidos AS (  -- the last version of each order
  SELECT * FROM versiones QUALIFY row_number() OVER (PARTITION BY pedido ORDER BY versión DESC) = 1
)
SELECT
  'entrega-' || e.guía AS id,
  coalesce(e.entrega, p.fecha_hora) AS at,
  p.cliente AS customer,
  'tienda' AS customer_source,
  'delivery' AS touchpoint,
  'home' AS channel,
  e.pedido AS journey,
  e.depósito AS branch,
  e.transportista AS supplier,
  CASE e.estado WHEN 'Entregado' THEN 'delivered' WHEN 'Cancelado' THEN 'cancelled' WHEN 'Extraviado' THEN 'lost'
    ELSE 'under_way' END AS outcome,
  e.costo_flete AS cost,
  p.fecha_hora AS promised_at,
  CAST(p.fecha_prometida AS TIMESTAMP) + INTERVAL 12 HOUR AS promised,
  e.entrega AS delivered,
  date_diff('day', p.fecha_prometida, CAST(e.entrega AS DATE)) AS days_late,
  e.embalaje AS packaging,
  e.amabilidad AS driver_kindness
FROM entregas AS e JOIN pedidos AS p ON p.pedido = e.pedido
