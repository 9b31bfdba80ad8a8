"""The texts of letters, in German (Sie and Du) and English, and the messages made of them.

May not know pages, servers or the database: facts and a reader come in, a message goes out.
"""
