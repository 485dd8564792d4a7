"""What staff are told by mail when something is wrong with a slot, a mailing, the restore guard or the forms.

Nothing asks for these mails. Each minute the worker's clock looks at the rows as they stand, and a Notice
keeps each mail from going out twice. May import ``tipsite.staff``, ``tipsite.models`` and the rooms below.
"""
