-- The CRM's customers. Where it knows the shop's key, the profile joins the facts; otherwise it stands under its own.
SELECT
  c.id_cliente AS id,
  c.fecha_alta AS at,
  coalesce(c.id_tienda, c.id_cliente) AS customer,
  CASE WHEN c.id_tienda IS NULL THEN 'crm' ELSE 'tienda' END AS customer_source,
  c.nombre AS name,
  c.correo AS email,
  c.teléfono AS phone,
  c.documento AS document,
  c.dirección AS address,
  c.región AS region,
  c.país AS country,
  c.segmento AS segment
FROM clientes AS c
