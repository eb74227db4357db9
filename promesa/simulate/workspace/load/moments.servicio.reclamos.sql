-- Complaints: to be closed seven days after they were opened; until then an open case.
SELECT
  'reclamo-' || r.reclamo AS id,
  coalesce(r.cerrado, r.abierto) AS at,
  r.cliente AS customer,
  'tienda' AS customer_source,
  'complaint' AS touchpoint,
  CASE r.medio WHEN 'Teléfono' THEN 'phone' WHEN 'WhatsApp' THEN 'whatsapp' WHEN 'Correo' THEN 'email' ELSE r.medio END AS channel,
  r.pedido AS journey,
  r.abierto AS promised_at,
  r.abierto + INTERVAL 7 DAY AS promised,
  r.cerrado AS delivered
FROM reclamos AS r
