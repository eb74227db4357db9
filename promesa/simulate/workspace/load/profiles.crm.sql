-- The CRM's customers, under its own key. Where it knows the shop's key, records are joined by it.
SELECT
  c.id_cliente AS id,
  c.fecha_alta AS at,
  c.id_cliente AS customer,
  c.nombre AS name,
  c.correo AS email,
  c.teléfono AS phone,
  c.documento AS document,
  c.dirección AS address,
  c.fecha_nacimiento AS birth_date,
  c.región AS region,
  c.país AS country,
  c.segmento AS segment,
  c.id_tienda AS id_tienda
FROM clientes AS c
