SELECT
    cliente AS id,
    desde AS at,
    cliente AS customer,
    nombre AS name,
    correo AS email,
    ciudad AS city
FROM clientes
