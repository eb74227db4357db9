-- Those who ever contacted the call centre, under its own keys: the name as the agent heard it.
SELECT
  l.cliente AS id,
  l.primer_contacto AS at,
  l.cliente AS customer,
  l.nombre AS name,
  l.teléfono AS phone,
  l.documento AS document
FROM llamantes AS l
