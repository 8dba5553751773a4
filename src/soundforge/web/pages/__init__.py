"""The pages: one module and one HTML file each, found by being here."""
