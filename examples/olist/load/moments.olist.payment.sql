-- Payment: one moment for each order that has a payment on file (one order of the sample has none). An order
-- may be paid with several cards and vouchers: `outcome` is the method that paid most, the first of equals.
WITH
  paid AS (
    SELECT
      order_id,
      arg_max(payment_type, (payment_value, -payment_sequential)) AS method,
      max(nullif(payment_installments, 0)) AS instalments,
      count(DISTINCT payment_type) AS payment_methods
    FROM payments
    GROUP BY ALL
  ),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL)
SELECT
  'payment|' || paid.order_id AS id,
  orders.order_purchase_timestamp AS at,
  buyers.person AS customer,
  'payment' AS touchpoint,
  'online' AS channel,
  paid.order_id AS journey,
  paid.method AS outcome,
  paid.instalments,
  paid.payment_methods
FROM paid
LEFT JOIN orders ON orders.order_id = paid.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
