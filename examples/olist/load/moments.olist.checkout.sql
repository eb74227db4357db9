-- Basket and promised date: one moment an order. Orders without items (0.8 %, nearly all unavailable or
-- cancelled) keep their moment; what can only be read off the items is then missing, not zero.
WITH
  baskets AS (
    SELECT
      order_id,
      count(*) AS item_count,
      count(DISTINCT seller_id) AS seller_count,
      -- Decimals add up to the same digits in any order; doubles do not, and would look like corrections.
      sum(price::DECIMAL(18, 4)) AS price,
      sum(freight_value::DECIMAL(18, 4)) AS freight
    FROM (SELECT DISTINCT * FROM items)
    GROUP BY ALL
  ),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL)
SELECT
  'checkout|' || orders.order_id AS id,
  orders.order_purchase_timestamp AS at,
  buyers.person AS customer,
  'checkout' AS touchpoint,
  'online' AS channel,
  orders.order_id AS journey,
  orders.order_status AS outcome,
  baskets.freight::DOUBLE / nullif(baskets.price + baskets.freight, 0)::DOUBLE AS freight_share,
  baskets.item_count,
  baskets.seller_count,
  date_diff('day', orders.order_purchase_timestamp::DATE, orders.order_estimated_delivery_date::DATE) AS promised_days
FROM orders
LEFT JOIN baskets ON baskets.order_id = orders.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
