-- One row an order. Revenue: price and freight of its items, whatever became of it (the files say nothing of
-- refunds). Cost: the freight, taken to be passed on to the carrier whole; the cost of the goods is not in the
-- data. An order without items has no revenue and no cost. `product` is the category of the dearest item.
WITH
  baskets AS (
    SELECT
      items.order_id,
      sum(items.price::DECIMAL(18, 4) + items.freight_value::DECIMAL(18, 4)) AS revenue,
      sum(items.freight_value::DECIMAL(18, 4)) AS freight,
      count(*) AS quantity,
      arg_max(pages.category, (items.price, -items.order_item_id)) AS category
    FROM (SELECT DISTINCT * FROM items) AS items
    LEFT JOIN (SELECT product_id, min(product_category_name) AS category FROM products GROUP BY ALL) AS pages
      ON pages.product_id = items.product_id
    GROUP BY ALL
  ),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL)
SELECT
  orders.order_id AS id,
  orders.order_purchase_timestamp AS at,
  buyers.person AS customer,
  orders.order_id AS journey,
  baskets.category AS product,
  'online' AS channel,
  coalesce(baskets.revenue, 0) AS revenue,
  coalesce(baskets.freight, 0) AS cost,
  coalesce(baskets.quantity, 0) AS quantity
FROM orders
LEFT JOIN baskets ON baskets.order_id = orders.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
