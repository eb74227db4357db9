-- One answer sheet gives two opinions. A sheet that nobody filled in stays, without a score: it counts in the
-- response rate. The survey tool knows customers by the shop's key, hence customer_source.
SELECT
    respuesta || '|csat' AS id,
    coalesce(respondida, enviada) AS at,
    cliente AS customer,
    'shop' AS customer_source,
    'csat' AS concept,
    satisfaccion AS score,
    comentario AS text,
    'es' AS language,
    'delivery' AS touchpoint,
    pedido AS journey,
    'customer' AS audience,
    enviada AS asked_at
FROM encuesta
UNION ALL
SELECT
    respuesta || '|nps' AS id,
    coalesce(respondida, enviada) AS at,
    cliente AS customer,
    'shop' AS customer_source,
    'nps' AS concept,
    recomendacion AS score,
    NULL AS text,
    'es' AS language,
    'delivery' AS touchpoint,
    pedido AS journey,
    'customer' AS audience,
    enviada AS asked_at
FROM encuesta
