-- Money put in, by purpose; the agency bills in euros.
SELECT
  i.registro AS id,
  CAST(i.fecha AS TIMESTAMP) + INTERVAL 12 HOUR AS at,
  CASE WHEN i.propósito LIKE 'Publicidad%' THEN 'advertising' WHEN i.propósito = 'Programa de fidelidad' THEN 'loyalty_programme'
    ELSE 'service' END AS purpose,
  CASE i.área WHEN 'Mercadeo' THEN 'marketing' WHEN 'Call center' THEN 'call_centre' WHEN 'Logística' THEN 'logistics'
    ELSE i.área END AS function,
  CASE i.medio WHEN 'Web' THEN 'web' WHEN 'App' THEN 'app' WHEN 'Teléfono' THEN 'phone' WHEN 'Domicilio' THEN 'home'
    WHEN 'Televisión' THEN 'television' ELSE i.medio END AS channel,
  i.monto_eur * i.tasa AS amount
FROM inversion AS i
