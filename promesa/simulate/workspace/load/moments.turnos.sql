-- Queue tickets of the shops: reception, then advice. A point that is none of the two is left as it is: the store
-- quarantines what the model does not know.
SELECT
  t.turno AS id,
  t.hora AS at,
  t.cliente AS customer,
  'tienda' AS customer_source,
  CASE t.punto WHEN 'Recepción' THEN 'reception' WHEN 'Asesoría' THEN 'advice' ELSE t.punto END AS touchpoint,
  'store' AS channel,
  t.pedido AS journey,
  t.asesor AS employee,
  t.minutos_espera AS reception_minutes,
  t.amabilidad AS kindness
FROM turnos AS t
