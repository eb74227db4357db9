-- The shop's accounts. It knows the region from the delivery address.
SELECT
  c.cuenta AS id,
  c.alta AS at,
  c.cuenta AS customer,
  c.nombre AS name,
  c.correo AS email,
  c.teléfono AS phone,
  c.fecha_nacimiento AS birth_date,
  c.región AS region,
  c.país AS country,
  c.segmento AS segment
FROM cuentas AS c
