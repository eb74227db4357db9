-- Choosing: one moment for each product of an order. The visit itself is not in the data, so the time is
-- that of the purchase, the last one at which the page can have been seen. `product` is the category: of
-- about 33,000 products most were bought once, so only the category can be compared.
WITH
  bought AS (
    SELECT order_id, product_id, min(seller_id) AS seller_id, max(price) AS price
    FROM (SELECT DISTINCT * FROM items)
    GROUP BY ALL
  ),
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL),
  pages AS (
    SELECT
      product_id,
      min(product_category_name) AS category,
      max(product_photos_qty) AS photos,
      max(product_description_lenght) AS description_length,
      max(product_name_lenght) AS name_length
    FROM products
    GROUP BY ALL
  )
SELECT
  'product_page|' || bought.order_id || '|' || bought.product_id AS id,
  orders.order_purchase_timestamp AS at,
  buyers.person AS customer,
  'product_page' AS touchpoint,
  'online' AS channel,
  bought.order_id AS journey,
  bought.seller_id AS supplier,
  pages.category AS product,
  pages.photos,
  pages.description_length,
  pages.name_length,
  bought.price
FROM bought
LEFT JOIN orders ON orders.order_id = bought.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
LEFT JOIN pages ON pages.product_id = bought.product_id
