-- Monthly running costs of shops and platforms, which no single customer caused; and what the books say that the call
-- centre and the last mile cost in all, which their moments carry only in part.
SELECT
  o.registro AS id,
  CAST(o.fecha AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  CASE o.área WHEN 'Tienda' THEN 'sales' WHEN 'Digital' THEN 'digital' WHEN 'Call center' THEN 'call_centre'
    WHEN 'Última milla' THEN 'drivers' ELSE o.área END AS function,
  CASE o.área WHEN 'Call center' THEN 'contact_books' WHEN 'Última milla' THEN 'last_mile_books' END AS account,
  o.monto AS amount
FROM operacion AS o
