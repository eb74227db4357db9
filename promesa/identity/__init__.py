"""Who is behind the records: identifiers, links, decisions and the persons they make."""
