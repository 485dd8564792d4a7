"""What staff are told by mail: that something is wrong with the site, and what colleagues did to their tips.

Nothing asks for these mails. Each minute the worker's clock looks at the rows as they stand, and a Notice
keeps each mail from going out twice. May import ``tipsite.staff``, ``tipsite.models`` and the rooms below.
"""
