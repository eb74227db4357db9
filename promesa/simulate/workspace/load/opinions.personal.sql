-- What staff believe that customers would answer, on the customers' own scale.
SELECT
  'personal-' || CAST(CAST(e.folio AS BIGINT) AS VARCHAR) AS id,
  CAST(e.fecha AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  'belief' AS concept,
  e.cree_sat AS score,
  'employee' AS audience,
  'Casa Lumbre' AS brand
FROM encuesta_personal AS e
