SELECT
    pedido || '|payment' AS id,
    fecha AS at,
    cliente AS customer,
    'payment' AS touchpoint,
    CASE canal WHEN 'tienda' THEN 'store' ELSE canal END AS channel,
    pedido AS journey,
    producto AS product,
    minutos_pago AS payment_minutes
FROM pedidos
