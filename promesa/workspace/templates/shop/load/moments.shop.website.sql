SELECT
    visita AS id,
    fecha AS at,
    cliente AS customer,
    'website' AS touchpoint,
    'web' AS channel,
    segundos_carga AS page_seconds
FROM visitas
