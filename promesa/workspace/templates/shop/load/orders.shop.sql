-- A cancelled order brought no income.
SELECT
    pedido AS id,
    fecha AS at,
    cliente AS customer,
    pedido AS journey,
    producto AS product,
    CASE canal WHEN 'tienda' THEN 'store' ELSE canal END AS channel,
    total AS revenue,
    costo AS cost,
    cantidad AS quantity
FROM pedidos
WHERE estado <> 'cancelado'
