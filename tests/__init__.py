"""Mirrors crmxl/; plus LibreOffice as the oracle in office/."""
