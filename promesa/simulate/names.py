"""Names of Spain and Latin America: how common each is, what people call each other, and their plain spelling."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from promesa.simulate.arrays import Ints

# In order of how common they are taken to be; the orders are of this project's own making.
WOMEN = (
    "María", "Ana", "Carmen", "Isabel", "Laura", "Lucía", "Marta", "Sofía", "Paula", "Andrea", "Luisa", "Claudia",
    "Patricia", "Sandra", "Diana", "Teresa", "Pilar", "Rosa", "Elena", "Cristina", "Mónica", "Adriana", "Natalia",
    "Daniela", "Valentina", "Camila", "Gabriela", "Carolina", "Juana", "Marcela", "Beatriz", "Mercedes", "Dolores",
    "Rosario", "Concepción", "Inés", "Julia", "Silvia", "Rocío", "Gloria", "Martha", "Esperanza", "Yolanda", "Begoña",
    "Nuria", "Ximena", "Belén", "Margarita", "Francisca", "Josefa", "Ángela", "Victoria", "Guadalupe", "Graciela",
    "Amparo", "Consuelo", "Noelia", "Yesenia", "Leidy", "Montserrat", "Itziar", "Núria",
)  # fmt: skip
MEN = (
    "José", "Juan", "Luis", "Carlos", "Antonio", "Manuel", "Francisco", "Javier", "David", "Daniel", "Jorge", "Andrés",
    "Alejandro", "Miguel", "Pedro", "Rafael", "Fernando", "Diego", "Sergio", "Pablo", "Santiago", "Ángel", "Felipe",
    "Óscar", "Jesús", "Alberto", "Sebastián", "Eduardo", "Ricardo", "Mario", "Iván", "Enrique", "Raúl", "Álvaro",
    "Julián", "Camilo", "Nicolás", "Roberto", "Guillermo", "Ignacio", "Joaquín", "Martín", "Vicente", "Mauricio",
    "Gabriel", "Hernán", "Germán", "Wilson", "Ramón", "Hugo", "Héctor", "Íñigo", "Gustavo", "Tomás", "Rubén",
    "Cristian", "Edwin", "Jairo", "Jhon", "Xavier", "Emilio", "Ernesto",
)  # fmt: skip
GIVEN = WOMEN + MEN
# Second given names that are common whatever the first: María José, José María, Juan Carlos, Ana María.
SECOND_WOMEN = ("María", "Isabel", "José", "Carolina", "Fernanda", "Teresa", "Luisa", "Patricia", "Elena", "Alejandra")
SECOND_MEN = ("Carlos", "Antonio", "Luis", "David", "Manuel", "Fernando", "María", "Andrés", "Ángel", "Alberto")
SECOND = SECOND_WOMEN + SECOND_MEN
FAMILY = (
    "García", "Rodríguez", "González", "Martínez", "López", "Fernández", "Gómez", "Sánchez", "Pérez", "Hernández",
    "Díaz", "Ramírez", "Torres", "Jiménez", "Moreno", "Muñoz", "Álvarez", "Rojas", "Romero", "Vargas", "Gutiérrez",
    "Castro", "Ortiz", "Ruiz", "Suárez", "Morales", "Castillo", "Ramos", "Herrera", "Medina", "Flores", "Delgado",
    "Molina", "Cruz", "Reyes", "Ortega", "Rivera", "Navarro", "Vega", "Domínguez", "Gil", "Serrano", "Blanco",
    "Valencia", "Cárdenas", "Peña", "Mendoza", "Guerrero", "Contreras", "Vásquez", "Vázquez", "Restrepo", "Giraldo",
    "Ospina", "Zapata", "Quintero", "Salazar", "Parra", "Acosta", "Arias", "León", "Mejía", "Cortés", "Marín", "Rubio",
    "Santos", "Iglesias", "Núñez", "Garrido", "Cano", "Prieto", "Méndez", "Calvo", "Gallego", "Vidal", "Campos",
    "Aguilar", "Correa", "Londoño", "Cardona", "Bedoya", "Montoya", "Henao", "Arango", "Jaramillo", "Uribe", "Vélez",
    "Escobar", "Duque", "Franco", "Osorio", "Pineda", "Beltrán", "Bernal", "Forero", "Rincón", "Sierra", "Pardo",
    "Niño", "Camacho", "Duarte", "Galindo", "Guzmán", "Hurtado", "Ibáñez", "Lozano", "Luna", "Mora", "Murillo",
    "Palacios", "Pacheco", "Perea", "Ríos", "Robles", "Rosales", "Rueda", "Soto", "Tovar", "Velasco", "Villa", "Zúñiga",
    "Caballero", "Carrasco", "Esteban", "Fuentes", "Gallardo", "Hidalgo", "Lorenzo", "Márquez", "Montero", "Nieto",
    "Pascual", "Redondo", "Sanz", "Santana", "Vicente", "Aguirre", "Arroyo", "Bravo", "Carmona", "Crespo", "Durán",
    "Ferrer", "Gimeno", "Herrero", "Juárez", "Lara", "Merino", "Moya", "Pastor", "Peralta", "Pons", "Puig", "Roca",
    "Rovira", "Sáez", "Segura", "Soler", "Vila", "Ballesteros", "Barrios", "Benítez", "Bermúdez", "Bustos", "Cáceres",
    "Caicedo", "Caro", "Castaño", "Chávez", "Cifuentes", "Córdoba", "Cuéllar", "Chacón", "Echeverri", "Espinosa",
    "Estrada", "Fajardo", "Figueroa", "Fonseca", "Gaviria", "Góez", "Granados", "Guerra", "Guevara", "Holguín",
    "Isaza", "Lemos", "Leal", "Llanos", "Maldonado", "Manrique", "Marulanda", "Miranda", "Mosquera", "Naranjo",
    "Narváez", "Ocampo", "Ochoa", "Olaya", "Orozco", "Ordóñez", "Páez", "Patiño", "Pinto", "Plata", "Posada", "Prada",
    "Quiñones", "Quiroga", "Rendón", "Riaño", "Rivas", "Roldán", "Saavedra", "Sarmiento", "Sepúlveda", "Solano",
    "Tamayo", "Trujillo", "Urrego", "Valderrama", "Varela", "Villegas", "Yepes", "Zambrano", "Zuluaga", "Añez",
    "Etxeberria", "Agirre", "Goikoetxea", "Bofill", "Casals", "Miró", "Ocaña", "Piñeiro", "Souto", "Castiñeira",
    "Silva", "Pereira", "Ferreira", "Oliveira", "De la Cruz", "De la Torre", "Del Río", "De los Ríos", "De León",
    "Del Valle", "De la Fuente", "San Martín", "Santamaría", "Ladrón de Guevara", "Ponce de León", "De la Hoz",
)  # fmt: skip
NICKNAMES = {
    "José": "Pepe", "Francisco": "Paco", "Manuel": "Manolo", "Antonio": "Toño", "Luis": "Lucho", "Jesús": "Chucho",
    "Ignacio": "Nacho", "Enrique": "Quique", "Rafael": "Rafa", "Alejandro": "Alejo", "Fernando": "Nando",
    "Santiago": "Santi", "Daniel": "Dani", "Miguel": "Migue", "Guillermo": "Memo", "Roberto": "Beto",
    "Eduardo": "Edu", "Sebastián": "Sebas", "Gabriel": "Gabo", "Javier": "Javi", "Nicolás": "Nico", "Sergio": "Checho",
    "María": "Mari", "Dolores": "Lola", "Concepción": "Concha", "Isabel": "Isa", "Teresa": "Tere", "Pilar": "Pili",
    "Mercedes": "Merche", "Rosario": "Charo", "Beatriz": "Bea", "Cristina": "Cris", "Patricia": "Paty",
    "Guadalupe": "Lupe", "Graciela": "Chela", "Francisca": "Paquita", "Josefa": "Pepa", "Margarita": "Marga",
    "Gabriela": "Gaby", "Victoria": "Vicky", "Carolina": "Caro", "Natalia": "Nata", "Consuelo": "Chelo",
}  # fmt: skip


def without_accents(text: str) -> str:
    """Return a text with its accents and tildes taken off."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")


def ordered_draw(rng: np.random.Generator, size: int, *, among: int, flattening: float) -> Ints:
    """Draw positions that become rarer with their rank, as names do; `flattening` makes the first less common."""
    weight = 1 / (np.arange(among) + flattening)
    return np.searchsorted(np.cumsum(weight / weight.sum())[:-1], rng.random(size), side="right")
