"""Files that a sender could send to break the reader or to show people one amount and crmxl another, made by small
builders, each with the answer that a person should get. ``python -m tests.hostile`` tries them all and prints a table.
"""
