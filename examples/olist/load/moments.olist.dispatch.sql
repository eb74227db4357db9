-- Dispatch: one moment for each order and seller; the seller is the supplier. Each item has a limit; the
-- commitment is the earliest of that seller's in the order, so it is kept only if no item was late. The file
-- has one hand-over time an order: where several sellers share an order (1.1 %) it stands for each of them.
WITH
  parcels AS (
    SELECT
      items.order_id,
      items.seller_id,
      min(items.shipping_limit_date) AS limit_at,
      sum(weights.grams) / 1000.0 AS weight_kg
    FROM (SELECT DISTINCT * FROM items) AS items
    LEFT JOIN (SELECT product_id, max(product_weight_g) AS grams FROM products GROUP BY ALL) AS weights
      ON weights.product_id = items.product_id
    GROUP BY ALL
  ),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL)
SELECT
  'dispatch|' || parcels.order_id || '|' || parcels.seller_id AS id,
  coalesce(orders.order_delivered_carrier_date, orders.order_purchase_timestamp) AS at,
  buyers.person AS customer,
  'dispatch' AS touchpoint,
  parcels.order_id AS journey,
  parcels.seller_id AS supplier,
  orders.order_status AS outcome,
  orders.order_purchase_timestamp AS promised_at,
  parcels.limit_at AS promised,
  orders.order_delivered_carrier_date AS delivered,
  -- A hand-over before the approval (1.4 %) is a mistake in one of the two clocks: missing, not negative.
  CASE
    WHEN orders.order_delivered_carrier_date >= orders.order_approved_at
      THEN date_diff('second', orders.order_approved_at::TIMESTAMPTZ, orders.order_delivered_carrier_date::TIMESTAMPTZ)
        / 3600.0
  END AS dispatch_hours,
  parcels.weight_kg
FROM parcels
LEFT JOIN orders ON orders.order_id = parcels.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
