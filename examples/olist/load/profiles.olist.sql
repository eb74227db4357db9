-- Customers: customer_id is one for each order, the person is customer_unique_id. Each order says anew where the
-- person lives. The zip prefix has five digits: spreadsheets took the leading zero, here it is put back.
WITH
  places AS (
    SELECT
      customer_id,
      min(customer_unique_id) AS person,
      min(lpad(split_part(customer_zip_code_prefix, '.', 1), 5, '0')) AS zip_prefix,
      min(customer_city) AS city,
      min(customer_state) AS state
    FROM customers
    GROUP BY ALL
  )
SELECT
  orders.order_id AS id,
  orders.order_purchase_timestamp AS at,
  places.person AS customer,
  concat_ws(' ', places.zip_prefix, places.city, places.state) AS address,
  places.state AS region,
  CASE
    WHEN places.state IN ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') THEN 'Norte'
    WHEN places.state IN ('AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE') THEN 'Nordeste'
    WHEN places.state IN ('DF', 'GO', 'MS', 'MT') THEN 'Centro-Oeste'
    WHEN places.state IN ('ES', 'MG', 'RJ', 'SP') THEN 'Sudeste'
    WHEN places.state IN ('PR', 'RS', 'SC') THEN 'Sul'
  END AS macro_region
FROM orders
LEFT JOIN places ON places.customer_id = orders.customer_id
