-- What customers said yes or no to, under the key of the system that asked. A yes with a last day holds to its end.
SELECT
  c.registro AS id,
  c.fecha AS at,
  c.cliente AS customer,
  c.sistema AS customer_source,
  c.propósito AS purpose,
  c.decisión AS granted,
  c.aviso AS notice,
  CASE c.canal WHEN 'Tienda' THEN 'store' WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone'
    WHEN 'Correo' THEN 'email' ELSE c.canal END AS channel,
  CAST(c.vence AS TIMESTAMP) + INTERVAL 1 DAY AS until
FROM consentimientos AS c
