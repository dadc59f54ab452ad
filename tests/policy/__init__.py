"""Every shipped policy rule: cases as data, and agreement of 校验 in LibreOffice with the verdict at the group.

``python -m tests.policy --fillings 2000`` fills workbooks at random and prints how often each rule was seen kept and
broken; ``--only N`` redoes one of them.
"""
