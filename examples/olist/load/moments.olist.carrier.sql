-- Carrier: one moment for each order that reached its customer, lived when it came. Who carried it is not in
-- the data, so there is no supplier. Handed over after it was delivered (0.01 %): the days are missing.
WITH
  routes AS (
    SELECT items.order_id, min(places.seller_state) AS first_state, max(places.seller_state) AS last_state
    FROM items
    LEFT JOIN (SELECT seller_id, min(seller_state) AS seller_state FROM sellers GROUP BY ALL) AS places
      ON places.seller_id = items.seller_id
    GROUP BY ALL
  ),
  buyers AS (
    SELECT customer_id, min(customer_unique_id) AS person, min(customer_state) AS state FROM customers GROUP BY ALL
  )
SELECT
  'carrier|' || orders.order_id AS id,
  orders.order_delivered_customer_date AS at,
  buyers.person AS customer,
  'carrier' AS touchpoint,
  orders.order_id AS journey,
  orders.order_status AS outcome,
  CASE
    WHEN orders.order_delivered_customer_date >= orders.order_delivered_carrier_date
      THEN date_diff(
        'second', orders.order_delivered_carrier_date::TIMESTAMPTZ, orders.order_delivered_customer_date::TIMESTAMPTZ
      ) / 86400.0
  END AS carrier_days,
  (routes.first_state = buyers.state AND routes.last_state = buyers.state)::INTEGER AS same_state
FROM orders
LEFT JOIN routes ON routes.order_id = orders.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
WHERE orders.order_delivered_customer_date IS NOT NULL
