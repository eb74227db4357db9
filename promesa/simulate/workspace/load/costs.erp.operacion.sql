-- Monthly running costs of shops and platforms, which no single customer caused.
SELECT
  o.registro AS id,
  CAST(o.fecha AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  CASE o.área WHEN 'Tienda' THEN 'sales' WHEN 'Digital' THEN 'digital' ELSE o.área END AS function,
  o.monto AS amount
FROM operacion AS o
