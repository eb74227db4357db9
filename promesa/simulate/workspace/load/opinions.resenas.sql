-- Public reviews of the company and of two competitors.
SELECT
  r.reseña AS id,
  r.fecha AS at,
  'stars' AS concept,
  r.estrellas AS score,
  r.texto AS text,
  'es' AS language,
  'public' AS audience,
  r.marca AS brand
FROM resenas AS r
