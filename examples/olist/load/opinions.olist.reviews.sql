-- Stars and comment. review_id is not unique: one review may stand for two orders, and one order may have two
-- reviews. Each pair is one opinion of one order, so the pair is the id, and nobody's answer is dropped.
-- Blank comments are no comments. Orders without a review are not here: nothing says that they were asked.
WITH
  buyers AS (SELECT customer_id, min(customer_unique_id) AS person FROM customers GROUP BY ALL),
  answers AS (
    SELECT
      *,
      nullif(
        concat_ws(
          E'\n',
          nullif(trim(review_comment_title, E' \t\r\n'), ''),
          nullif(trim(review_comment_message, E' \t\r\n'), '')
        ),
        ''
      ) AS comment
    FROM reviews
  )
SELECT
  answers.review_id || '|' || answers.order_id AS id,
  answers.review_answer_timestamp AS at,
  buyers.person AS customer,
  'stars' AS concept,
  answers.review_score AS score,
  1 AS scale_min,
  5 AS scale_max,
  answers.comment AS text,
  CASE WHEN answers.comment IS NOT NULL THEN 'pt' END AS language,
  'review' AS touchpoint,
  'email' AS channel,
  answers.order_id AS journey,
  'customer' AS audience,
  'review' AS survey,
  answers.review_creation_date AS asked_at
FROM answers
LEFT JOIN orders ON orders.order_id = answers.order_id
LEFT JOIN buyers ON buyers.customer_id = orders.customer_id
