-- Newsletters and surveys sent, vouchers offered and used.
SELECT
  e.envío AS id,
  e.fecha AS at,
  e.cliente AS customer,
  e.sistema AS customer_source,
  e.acción AS action,
  CASE e.tipo WHEN 'Enviado' THEN 'sent' WHEN 'Ofrecido' THEN 'offered' WHEN 'Usado' THEN 'done' ELSE e.tipo END AS kind,
  e.propensión AS propensity
FROM envios AS e
