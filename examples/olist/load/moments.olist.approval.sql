-- Payment approval: one moment for each order that was approved, or was to be within 24 hours. A bank slip
-- (boleto) waits for the customer to pay it, so such orders have a touchpoint of their own and were promised
-- nothing; not approved, they have no moment. An order that went on without a time of approval was approved
-- when nobody wrote it down: whether within 24 hours is unknown.
WITH
  slips AS (SELECT DISTINCT order_id FROM payments WHERE payment_type = 'boleto'),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL),
  requests AS (
    SELECT
      orders.*,
      slips.order_id IS NOT NULL AS by_slip,
      order_approved_at IS NULL AND order_status IN ('created', 'canceled', 'unavailable') AS never_approved
    FROM orders
    LEFT JOIN slips ON slips.order_id = orders.order_id
  )
SELECT
  'approval|' || requests.order_id AS id,
  coalesce(requests.order_approved_at, requests.order_purchase_timestamp) AS at,
  buyers.person AS customer,
  CASE WHEN by_slip THEN 'bank_slip' ELSE 'approval' END AS touchpoint,
  'online' AS channel,
  requests.order_id AS journey,
  requests.order_status AS outcome,
  requests.order_purchase_timestamp AS promised_at,
  CASE
    WHEN NOT by_slip AND (never_approved OR order_approved_at IS NOT NULL)
      THEN requests.order_purchase_timestamp::TIMESTAMPTZ + INTERVAL 24 HOUR
  END AS promised,
  requests.order_approved_at AS delivered,
  date_diff('second', requests.order_purchase_timestamp::TIMESTAMPTZ, requests.order_approved_at::TIMESTAMPTZ) / 3600.0
    AS approval_hours
FROM requests
LEFT JOIN buyers ON buyers.customer_id = requests.customer_id
WHERE NOT (by_slip AND never_approved)
