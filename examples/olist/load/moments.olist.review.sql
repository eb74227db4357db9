-- Review: one moment for each answered review, as the customer met it, by e-mail.
WITH buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL)
SELECT
  'review|' || reviews.review_id || '|' || reviews.order_id AS id,
  reviews.review_answer_timestamp AS at,
  buyers.person AS customer,
  'review' AS touchpoint,
  'email' AS channel,
  reviews.order_id AS journey,
  CASE WHEN trim(reviews.review_comment_message, E' \t\r\n') <> '' THEN 'commented' ELSE 'stars_only' END AS outcome,
  nullif(length(trim(reviews.review_comment_message, E' \t\r\n')), 0) AS comment_length
FROM reviews
LEFT JOIN orders ON orders.order_id = reviews.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
