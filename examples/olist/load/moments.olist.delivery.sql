-- Delivery: one moment an order, lived when it came; without a delivery it is an open commitment, dated at the
-- purchase, when the promise was made. The estimate is a date at 00:00: days late and early are calendar days.
WITH
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL),
  arrivals AS (
    SELECT
      *,
      date_diff('day', order_estimated_delivery_date::DATE, order_delivered_customer_date::DATE) AS days_after
    FROM orders
  )
SELECT
  'delivery|' || arrivals.order_id AS id,
  coalesce(arrivals.order_delivered_customer_date, arrivals.order_purchase_timestamp) AS at,
  buyers.person AS customer,
  'delivery' AS touchpoint,
  'door' AS channel,
  arrivals.order_id AS journey,
  arrivals.order_status AS outcome,
  arrivals.order_purchase_timestamp AS promised_at,
  arrivals.order_estimated_delivery_date AS promised,
  arrivals.order_delivered_customer_date AS delivered,
  -- CASE rather than greatest(), which would turn "never came" into 0 days.
  CASE WHEN days_after > 0 THEN days_after WHEN days_after <= 0 THEN 0 END AS days_late,
  CASE WHEN days_after < 0 THEN -days_after WHEN days_after >= 0 THEN 0 END AS days_early,
  date_diff(
    'second', arrivals.order_purchase_timestamp::TIMESTAMPTZ, arrivals.order_delivered_customer_date::TIMESTAMPTZ
  ) / 86400.0 AS delivery_days
FROM arrivals
LEFT JOIN buyers ON buyers.customer_id = arrivals.customer_id
