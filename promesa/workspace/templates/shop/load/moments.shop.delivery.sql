-- A delivery that was promised and has not come has no `delivered`: it is an open commitment, and its `at` is the
-- moment the promise was made.
SELECT
    pedido || '|delivery' AS id,
    coalesce(fecha_entrega, fecha) AS at,
    cliente AS customer,
    'delivery' AS touchpoint,
    CASE canal WHEN 'tienda' THEN 'store' ELSE canal END AS channel,
    pedido AS journey,
    transportadora AS supplier,
    producto AS product,
    CASE estado WHEN 'cancelado' THEN 'cancelled' WHEN 'entregado' THEN 'delivered' END AS outcome,
    fecha AS promised_at,
    fecha_prometida AS promised,
    fecha_entrega AS delivered,
    date_diff('day', fecha_prometida, CAST(fecha_entrega AS DATE)) AS days_late
FROM pedidos
