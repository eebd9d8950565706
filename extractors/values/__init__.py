"""Value recognisers: from running text to candidates in normal form.

Every recogniser takes text in which a line break stands for the end of a line and a tab for a gap between two columns.
"""
